package app

import (
	"fmt"
	"net"
	"net/url"
	"strconv"

	"kabinet/internal/dev/inbox"
	"kabinet/internal/notify"
)

// submissionPort is that of mail servers that are given none.
const submissionPort = 587

// openSender makes what hands messages over: the gateway and the mail server of the configuration, or the inbox of the demo.
func (a *App) openSender() (notify.Sender, error) {
	if a.config.IsDemo() && a.config.SMSURL == "" && a.config.MailURL == "" {
		a.inbox = inbox.New(a.clock)
		return a.inbox, nil
	}
	router := notify.Router{}
	if a.config.SMSURL != "" {
		gateway, err := notify.NewSMSGateway(a.config.SMSURL, a.config.SMSToken.Reveal())
		if err != nil {
			return nil, fmt.Errorf("KABINET_SMS_URL: %w", err)
		}
		router[notify.SMS] = gateway
	}
	if a.config.MailURL != "" {
		mail, err := a.openMail()
		if err != nil {
			return nil, err
		}
		router[notify.Email] = mail
	}
	return router, nil
}

func (a *App) openMail() (*notify.Mail, error) {
	u, err := url.Parse(a.config.MailURL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("KABINET_MAIL_URL cannot be parsed") //nolint:err113 // the cause quotes the password
	}
	host, port := u.Host, submissionPort
	if u.Port() != "" {
		var text string
		if host, text, err = net.SplitHostPort(u.Host); err == nil {
			port, err = strconv.Atoi(text)
		}
		if err != nil {
			return nil, fmt.Errorf("KABINET_MAIL_URL: the port cannot be read") //nolint:err113 // see above
		}
	}
	password, _ := u.User.Password()
	return notify.NewMail(notify.MailOptions{
		Host: host, Port: port, From: a.config.MailFrom, Name: "Личный кабинет", Username: u.User.Username(), Password: password,
		Plain: a.config.IsDemo(),
	})
}
