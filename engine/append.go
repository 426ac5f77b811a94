package engine

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// String appends a string as gqlgen's MarshalString does.
func String(dst []byte, s string) ([]byte, bool) {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '\\' && c != '"' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\\', '"':
			dst = append(dst, '\\', c)
		default:
			const hex = "0123456789ABCDEF"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
	}
	return append(append(dst, s[start:]...), '"'), true
}

// Int appends an integer of any size.
func Int[T int | int8 | int16 | int32 | int64](dst []byte, n T) ([]byte, bool) {
	return strconv.AppendInt(dst, int64(n), 10), true
}

// Boolean appends true or false.
func Boolean(dst []byte, b bool) ([]byte, bool) { return strconv.AppendBool(dst, b), true }

// Time appends a moment as gqlgen's MarshalTime does: the zero time is null.
func Time(dst []byte, t time.Time) ([]byte, bool) {
	if t.IsZero() {
		return dst, false
	}
	dst = append(dst, '"')
	return append(t.AppendFormat(dst, time.RFC3339Nano), '"'), true
}

// unwritable is what a write function panics with that cannot write a value. It is caught, and is the field's error.
type unwritable struct{ error }

// Float appends a number as gqlgen's MarshalFloatContext does; what JSON cannot hold is an error of the field.
func Float[T float32 | float64](dst []byte, value T) ([]byte, bool) {
	f := float64(value)
	if math.IsInf(f, 0) || math.IsNaN(f) {
		panic(unwritable{errors.New("cannot marshal infinite no NaN float values")})
	}
	return fmt.Appendf(dst, "%g", f), true
}

// Optional returns what appends a value that is held by a pointer: nil is null.
func Optional[T any](write func([]byte, T) ([]byte, bool)) func([]byte, *T) ([]byte, bool) {
	return func(dst []byte, value *T) ([]byte, bool) {
		if value == nil {
			return dst, false
		}
		return write(dst, *value)
	}
}
