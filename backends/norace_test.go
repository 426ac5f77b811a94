//go:build !race

package backends_test

const raceEnabled = false
