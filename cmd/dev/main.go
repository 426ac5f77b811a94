// Command dev is the whole project in one process: both services on SQLite in memory, the BFF before them, seeded.
// What is set by flag or environment replaces the embedded part by the real one.
package main

import "bff/cmd/internal/program"

func main() { program.Main("dev", run) }
