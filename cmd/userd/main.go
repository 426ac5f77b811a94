// Command userd serves bff.user.v1.UserService.
package main

import "bff/cmd/internal/program"

func main() { program.Main("userd", run) }
