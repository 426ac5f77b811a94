//go:build race

package backends_test

const raceEnabled = true
