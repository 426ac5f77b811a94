package mask_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"bff/mask"
)

func TestApply(t *testing.T) {
	tests := map[string]struct {
		rule       mask.Rule
		text, want string
	}{
		"phone":                       {mask.Phone, "13100000001", "131****0001"},
		"longer phone":                {mask.Phone, "+8613100000001", "+86*******0001"},
		"phone with nothing to hide":  {mask.Phone, "1234567", "***"},
		"empty":                       {mask.Phone, "", ""},
		"full":                        {mask.Full, "secret", "***"},
		"full hides the length":       {mask.Full, strings.Repeat("x", 100), "***"},
		"email":                       {mask.Email, "lucus@example.com", "l***@example.com"},
		"email of one letter":         {mask.Email, "l@example.com", "***@example.com"},
		"email with two at signs":     {mask.Email, "a@b@example.com", "a***@example.com"},
		"no email":                    {mask.Email, "lucus", "***"},
		"email without a name":        {mask.Email, "@example.com", "***"},
		"characters, not bytes":       {mask.Rule{KeepStart: 1, KeepEnd: 1}, "文章一", "文*一"},
		"negative start":              {mask.Rule{KeepStart: -1, KeepEnd: 4}, "13100000001", "***"},
		"negative end":                {mask.Rule{KeepStart: 3, KeepEnd: -4}, "13100000001", "***"},
		"counts that would overflow":  {mask.Rule{KeepStart: 1 << 62, KeepEnd: 1 << 62}, "13100000001", "***"},
		"start only":                  {mask.Rule{KeepStart: 2}, "abcd", "ab**"},
		"not a text":                  {mask.Phone, "131\xff000000001", "***"},
		"an email that is not a text": {mask.Email, "l\xff@example.com", "***"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.rule.Apply(test.text); got != test.want {
				t.Errorf("Apply(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func FuzzApplyNeverShowsTheWholeText(f *testing.F) {
	f.Add("13100000001", 3, 4, false)
	f.Add("lucus@example.com", 0, 0, true)
	f.Fuzz(func(t *testing.T, text string, start, end int, email bool) {
		got := mask.Rule{KeepStart: start, KeepEnd: end, Email: email}.Apply(text)
		if got == text && text != "" && !strings.Contains(text, "*") { // a star may stand where one is put
			t.Errorf("Apply(%q) hides nothing", text)
		}
		if !utf8.ValidString(got) {
			t.Errorf("Apply(%q) = %q is not valid UTF-8", text, got)
		}
	})
}

func ExampleRule_Apply() {
	fmt.Println(mask.Phone.Apply("13100000001"))
	fmt.Println(mask.Email.Apply("lucus@example.com"))
	fmt.Println(mask.Rule{KeepStart: 2}.Apply("secret"))
	// Output:
	// 131****0001
	// l***@example.com
	// se****
}
