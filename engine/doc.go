// Package engine executes the operations of a gqlgen schema breadth first: it resolves each selected field once for all
// objects of a level, instead of once for each object. It works on gqlgen's resolvers, directives and models through a
// table of fields, which the plugin in engine/plugin generates, and implements graphql.ExecutableSchema, so that gqlgen's
// parser, validation, extensions and transports stay.
//
//	schema := graph.NewBreadthFirstSchema(graph.Config{Resolvers: resolvers}, engine.Options{})
//	server := handler.New(schema) // gqlgen's, or any other user of graphql.ExecutableSchema
//
// # How an operation is carried out
//
// A plan is compiled once for an operation and the values of its Boolean conditions: for each selection set and concrete
// type the fields in the order of the response, with their keys, table entries and merged selections. Execution fills
// frames. A frame is the objects of one selection set and one concrete type; a column of it is what one field has for all
// of them. Fields that are read from a struct need no column of their own. A field with a resolver is a task: its arguments
// are decoded once, its resolver is called once with all objects (or, if it takes one object, once for each), and what it
// returned is flattened into the frames below. When no task is left, one pass over frames writes JSON into one buffer. Null
// at a place where the schema does not allow it cuts the buffer back to the nearest place that may be null.
//
// Tasks run one at a time, in the order of the plan, under the request's dispatch.Schedule: a resolver that waits for a
// loader gives its turn to the next task, and the loader's batch is sent when none is left.
//
// The package never starts a resolver in a goroutine of its own unless the resolver waits, and imports nothing of this
// project but package dispatch.
package engine
