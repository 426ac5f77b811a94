package graph

import "testing"

func TestMessagesRepeatNoValue(t *testing.T) {
	for message, want := range map[string]string{
		`String cannot represent a non string value: 13100000001`:                            `String cannot represent a non string value.`,
		`Int cannot represent non 32-bit signed integer value: 13100000001`:                  `Int cannot represent non 32-bit signed integer value.`,
		`Enum "Role" cannot represent non-enum value: "a". Did you mean the enum value "B"?`: `Enum "Role" cannot represent non-enum value. Did you mean the enum value "B"?`,
		"ID cannot represent a non-string and non-integer value: {a: \"x: \n13100000001\"}":  `ID cannot represent a non-string and non-integer value.`,
		`Expected value of type "DateTime!", found "13100000001".`:                           `Expected value of type "DateTime!".`,
		`13100000001 is not a valid Role`:                                                    `not a valid Role`,
		`Cannot query field "a" on type "User". Did you mean "b"?`:                           `Cannot query field "a" on type "User". Did you mean "b"?`,
		`Unknown argument "x" on field "Query.user".`:                                        `Unknown argument "x" on field "Query.user".`,
		`Field "CreatePostInput.title" of required type "String!" was not provided.`:         `Field "CreatePostInput.title" of required type "String!" was not provided.`,
	} {
		if got := withoutValue(message); got != want {
			t.Errorf("%s → %s", message, got)
		}
	}
}
