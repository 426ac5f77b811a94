// Command server is the BFF.
package main

import "bff/cmd/internal/program"

func main() { program.Main("server", run) }
