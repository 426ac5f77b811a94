package program

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// UsageError says which setting is wrong, by the name of its flag.
type UsageError struct {
	Flag string // empty: the command line as a whole
	Err  error
}

// Error names the flag.
func (e *UsageError) Error() string {
	if e.Flag == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("-%s: %v", e.Flag, e.Err)
}

// Unwrap returns what is wrong.
func (e *UsageError) Unwrap() error { return e.Err }

// Wrong returns a UsageError.
func Wrong(flag, format string, args ...any) error {
	return &UsageError{Flag: flag, Err: fmt.Errorf(format, args...)}
}

// Flags reads settings: a flag wins over the environment, the environment over the default. There is no configuration
// file. Each setting has both names, and -h lists them.
type Flags struct {
	set   *flag.FlagSet
	out   io.Writer
	envOf map[string]string
	given map[string]bool // by flag or environment
}

// NewFlags returns the flags of a program; what -h prints goes to out.
func NewFlags(name string, out io.Writer) *Flags {
	f := &Flags{set: flag.NewFlagSet(name, flag.ContinueOnError), out: out, envOf: map[string]string{}, given: map[string]bool{}}
	f.set.SetOutput(io.Discard) // errors are returned, and said once
	return f
}

func (f *Flags) describe(name, env, usage string) string {
	f.envOf[name] = env
	return usage + " (environment: " + env + ")"
}

// String defines a text.
func (f *Flags) String(to *string, name, env, value, usage string) {
	f.set.StringVar(to, name, value, f.describe(name, env, usage))
}

// Int defines a whole number.
func (f *Flags) Int(to *int, name, env string, value int, usage string) {
	f.set.IntVar(to, name, value, f.describe(name, env, usage))
}

// Duration defines a length of time, such as 500ms.
func (f *Flags) Duration(to *time.Duration, name, env string, value time.Duration, usage string) {
	f.set.DurationVar(to, name, value, f.describe(name, env, usage))
}

// Bool defines a switch.
func (f *Flags) Bool(to *bool, name, env string, value bool, usage string) {
	f.set.BoolVar(to, name, value, f.describe(name, env, usage))
}

// Parse reads the command line and the environment. It answers flag.ErrHelp for -h, a UsageError for a wrong value.
// A variable that is set to the empty text counts as set: that is how a part is switched off.
func (f *Flags) Parse(args []string, env Env) error {
	err := f.set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.help()
		return err
	}
	if err != nil {
		return &UsageError{Err: err}
	}
	if f.set.NArg() > 0 {
		return &UsageError{Err: fmt.Errorf("unexpected argument %q", f.set.Arg(0))}
	}

	f.set.Visit(func(flag *flag.Flag) { f.given[flag.Name] = true })
	f.set.VisitAll(func(flag *flag.Flag) {
		variable := f.envOf[flag.Name]
		value, set := env(variable)
		if f.given[flag.Name] || !set || err != nil {
			return
		}
		if f.set.Set(flag.Name, value) != nil {
			err = Wrong(flag.Name, "the value of %s is not valid", variable)
			return
		}
		f.given[flag.Name] = true
	})
	return err
}

func (f *Flags) help() {
	_, _ = fmt.Fprintf(f.out, "Usage of %s. A flag wins over the environment, the environment over the default.\n", f.set.Name())
	f.set.SetOutput(f.out)
	f.set.PrintDefaults()
}

// Given says whether a setting was made by flag or environment.
func (f *Flags) Given(name string) bool { return f.given[name] }
