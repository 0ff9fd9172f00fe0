// Package seed writes the demo people and their records into a store.
//
// It owns what happened to the people of dev/persona at the fund before the demonstration begins: certificates,
// benefits, appeals, documents with real files, contributions, deadlines, what was asked, and the feed that tells of each
// change; and what the fund has told everybody. What was sent to the fund has reached it: nothing waits in the queue. Who
// the people are belongs to dev/persona; what happens to them from now on, to the demo fund. All dates are counted back from the present day,
// so that the demonstration is always fresh; everything else is the same each time, ids apart.
//
// The rules that the figures follow are those of Federal Law 255-FZ: average daily earnings are the earnings of two
// years divided by 730; 60 % of them are paid for an insurance record under 5 years, 80 % under 8, 100 % from 8 on, and
// always 100 % for maternity and for what happened at work; the first three days of one's own illness or injury are the
// employer's. Income tax of 13 %, in whole roubles, is withheld from the benefit for temporary disability alone. A
// medical commission has to agree to a release from work of more than 15 days. Contributions are the single rate of 30 %
// (Tax Code, article 425), parted into pension, health and social insurance as 72.8, 18.3 and 8.9 % of it (Budget Code,
// article 146), and 0.2 % for injuries at work, the lowest class of Federal Law 179-FZ.
//
// All people, employers, clinics and places are invented.
package seed
