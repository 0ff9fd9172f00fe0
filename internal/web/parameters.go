package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"unicode/utf8"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

// maxParametersBody bounds the requests that carry a few parameters.
const maxParametersBody = 8 << 10 // bytes

var (
	errParametersSize = fault.New(fault.LimitExceeded,
		locale.Text{Ru: "Тело запроса больше 8 КиБ.", En: "The body of the request is larger than 8 KiB."}, locale.Text{})
	errParametersType = fault.New(fault.BadInput,
		locale.Text{Ru: "Параметры приходят формой или JSON.", En: "Parameters come as a form or as JSON."},
		locale.Text{Ru: "Отправьте application/x-www-form-urlencoded или application/json.", En: "Send application/x-www-form-urlencoded or application/json."})
	errParameters = fault.New(fault.BadInput,
		locale.Text{Ru: "Параметры запроса не разобраны.", En: "The parameters of the request cannot be read."},
		locale.Text{Ru: "Назовите каждый один раз, текстом, в теле запроса.", En: "Name each one once, as text, in the body of the request."})
)

// parameters are those of a request, each named once.
type parameters map[string]string

// readParameters reads the body of a request: a form or, where it may be, an object of texts in JSON. What is repeated, or
// stands in the address, where logs and histories would keep it, is refused. Names that nobody knows are nobody's fault.
func readParameters(w http.ResponseWriter, r *http.Request, jsonToo bool) (parameters, *fault.Error) {
	if r.URL.RawQuery != "" {
		return nil, errParameters
	}
	mediaType, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || len(r.Header.Values("Content-Type")) > 1 || !isUTF8(options) || r.Header.Get("Content-Encoding") != "" {
		return nil, errParametersType
	}
	var decode func(body []byte) (parameters, bool)
	switch {
	case mediaType == "application/x-www-form-urlencoded":
		decode = decodeForm
	case mediaType == "application/json" && jsonToo:
		decode = decodeObject
	default:
		return nil, errParametersType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxParametersBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, errParametersSize
		}
		return nil, errBodyCut
	}
	p, ok := decode(body)
	if !ok {
		return nil, errParameters
	}
	return p, nil
}

// isUTF8 tells whether the options of a media type name no charset but UTF-8.
func isUTF8(options map[string]string) bool {
	charset, named := options["charset"]
	return !named || charset == "utf-8" || charset == "UTF-8"
}

func decodeForm(body []byte) (parameters, bool) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, false
	}
	return once(values)
}

// once gives the parameters if each is named once and is text.
func once(values url.Values) (parameters, bool) {
	p := make(parameters, len(values))
	for name, all := range values {
		if len(all) != 1 || !utf8.ValidString(all[0]) {
			return nil, false
		}
		p[name] = all[0]
	}
	return p, true
}

// decodeObject reads a JSON object whose members are texts. encoding/json alone would take the last of two members of one
// name, and what follows the object.
func decodeObject(body []byte) (parameters, bool) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, false
	}
	var members map[string]*string
	if json.Unmarshal(body, &members) != nil || members == nil {
		return nil, false
	}
	p := make(parameters, len(members))
	for name, value := range members {
		if value == nil {
			return nil, false
		}
		p[name] = *value
	}
	return p, len(p) == countMembers(body)
}

// countMembers counts the members of an object of texts as they stand there.
func countMembers(body []byte) int {
	n, inText, escaped := 0, false, false
	for _, b := range body {
		switch {
		case escaped:
			escaped = false
		case inText && b == '\\':
			escaped = true
		case b == '"':
			inText = !inText
		case !inText && b == ':':
			n++
		}
	}
	return n
}
