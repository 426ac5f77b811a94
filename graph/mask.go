package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"bff"
	"bff/auth"
	"bff/mask"
)

// applyMask is the directive @mask: it runs after the field's resolver, and so after every cache. It fails closed: a
// value it does not know is an error and null, never shown.
func applyMask(
	ctx context.Context, parent any, next graphql.Resolver, preset MaskPreset, keepStart, keepEnd *int, visibleTo []Role,
) (any, error) {
	value, err := next(ctx)
	if err != nil || value == nil {
		return nil, err
	}

	show := func(clear string) string { return clear }
	if !visible(ctx, parent, visibleTo) {
		if preset == MaskPresetRemove {
			return nil, nil //nolint:nilnil // null without an error is what REMOVE means
		}
		show = rule(preset, keepStart, keepEnd).Apply
	}

	switch value := value.(type) {
	case string:
		return show(value), nil
	case *string:
		if value == nil {
			return value, nil
		}
		shown := show(*value)
		return &shown, nil
	case bff.Phone:
		value.Reveal(func(digits string) { value = value.Shown(show(digits)) })
		return value, nil
	default:
		return nil, fmt.Errorf("mask on a field of type %T", value)
	}
}

// visible says whether the viewer is one of those who read the clear text.
func visible(ctx context.Context, parent any, visibleTo []Role) bool {
	viewer := auth.From(ctx)
	for _, role := range visibleTo {
		switch role {
		case RoleUser:
			if viewer.SignedIn() {
				return true
			}
		case RoleAdmin:
			if viewer.SignedIn() && viewer.Admin {
				return true
			}
		case RoleOwner:
			if row, ok := parent.(bff.Node); ok && viewer.Owns(row) {
				return true
			}
		}
	}
	return false
}

func rule(preset MaskPreset, keepStart, keepEnd *int) mask.Rule {
	var r mask.Rule
	switch preset {
	case MaskPresetPhone:
		r = mask.Phone
	case MaskPresetEmail:
		r = mask.Email
	case MaskPresetFull, MaskPresetRemove:
		r = mask.Full
	}
	if keepStart != nil {
		r = mask.Rule{KeepStart: *keepStart, KeepEnd: r.KeepEnd}
	}
	if keepEnd != nil {
		r = mask.Rule{KeepStart: r.KeepStart, KeepEnd: *keepEnd}
	}
	return r
}
