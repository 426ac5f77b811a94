package graph

import (
	"bytes"
	"context"
	"testing"

	"bff"
	"bff/auth"
)

func TestMaskFailsClosed(t *testing.T) {
	text := "13100000001"
	one, five, minus := 1, 5, -1
	owner := auth.With(context.Background(), auth.Viewer{UserID: 1})
	row := &bff.User{ID: 1}
	shown := func(value any) any {
		switch v := value.(type) {
		case *string:
			return *v
		case bff.Phone:
			var b bytes.Buffer
			v.MarshalGQL(&b)
			return b.String()
		}
		return value
	}

	tests := map[string]struct {
		ctx                context.Context
		parent, value      any
		preset             MaskPreset
		keepStart, keepEnd *int
		visibleTo          []Role
		want               any
		fails              bool
	}{
		"text":                       {value: text, preset: MaskPresetPhone, want: "131****0001"},
		"pointer":                    {value: &text, preset: MaskPresetPhone, want: "131****0001"},
		"phone":                      {value: bff.NewPhone(text), preset: MaskPresetPhone, want: `"131****0001"`},
		"no phone":                   {value: bff.Phone{}, preset: MaskPresetPhone, want: "null"},
		"null":                       {value: nil, preset: MaskPresetPhone, want: nil},
		"removed":                    {value: text, preset: MaskPresetRemove, want: nil},
		"phone removed":              {value: bff.NewPhone(text), preset: MaskPresetRemove, want: nil},
		"full":                       {value: text, preset: MaskPresetFull, want: "***"},
		"email":                      {value: "lucus@example.com", preset: MaskPresetEmail, want: "l***@example.com"},
		"other counts":               {value: text, preset: MaskPresetPhone, keepStart: &one, keepEnd: &five, want: "1*****00001"},
		"a negative count":           {value: text, preset: MaskPresetPhone, keepStart: &minus, want: "***"},
		"a number":                   {value: 13100000001, preset: MaskPresetPhone, fails: true},
		"bytes":                      {value: []byte(text), preset: MaskPresetPhone, fails: true},
		"a list":                     {value: []string{text}, preset: MaskPresetPhone, fails: true},
		"owner":                      {ctx: owner, parent: row, value: text, preset: MaskPresetPhone, visibleTo: []Role{RoleOwner}, want: text},
		"owner, phone":               {ctx: owner, parent: row, value: bff.NewPhone(text), preset: MaskPresetPhone, visibleTo: []Role{RoleOwner}, want: `"` + text + `"`},
		"owner of a removed text":    {ctx: owner, parent: row, value: text, preset: MaskPresetRemove, visibleTo: []Role{RoleOwner}, want: text},
		"owner, but not for owners":  {ctx: owner, parent: row, value: text, preset: MaskPresetPhone, visibleTo: []Role{RoleAdmin}, want: "131****0001"},
		"owner, for no one":          {ctx: owner, parent: row, value: text, preset: MaskPresetPhone, want: "131****0001"},
		"owner of something unowned": {ctx: owner, parent: "row", value: text, preset: MaskPresetPhone, visibleTo: []Role{RoleOwner}, want: "131****0001"},
		"nobody owns row zero":       {parent: &bff.User{}, value: text, preset: MaskPresetPhone, visibleTo: []Role{RoleOwner, RoleAdmin}, want: "131****0001"},
		"an unknown role":            {ctx: owner, parent: row, value: text, preset: MaskPresetPhone, visibleTo: []Role{"EVERYBODY"}, want: "131****0001"},
		"an unknown preset":          {value: text, preset: "SOME", want: "***"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx := test.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			next := func(context.Context) (any, error) { return test.value, nil }
			got, err := applyMask(ctx, test.parent, next, test.preset, test.keepStart, test.keepEnd, test.visibleTo)
			if (err != nil) != test.fails {
				t.Fatalf("err = %v", err)
			}
			if err == nil && shown(got) != test.want {
				t.Errorf("got %v, want %v", shown(got), test.want)
			}
		})
	}
}
