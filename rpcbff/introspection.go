package rpcbff

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// reference names a type of the description.
type reference struct {
	TypeID int    `json:"typeId"`
	Ref    string `json:"$ref"`
}

// describedField is a field as the description has it.
type describedField struct {
	reference
	Description string `json:"description,omitempty"`
	Deprecated  string `json:"deprecated,omitempty"`

	name string
}

// describedFields is an object of fields in the order in which they were declared.
type describedFields []describedField

// MarshalJSON keeps the order.
func (fields describedFields) MarshalJSON() ([]byte, error) {
	object := []byte{'{'}
	for i, f := range fields {
		text, err := json.Marshal(f)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			object = append(object, ',')
		}
		object = append(append(strconv.AppendQuote(object, f.name), ':'), text...)
	}
	return append(object, '}'), nil
}

type describedAPI struct {
	Type        string    `json:"type"` // "Api"
	Kind        string    `json:"kind"` // "query" or "mutation": ours
	Description string    `json:"description,omitempty"`
	Deprecated  string    `json:"deprecated,omitempty"`
	Input       reference `json:"input"`
	Output      reference `json:"output"`
}

type entries struct {
	Type    string         `json:"type"` // "Entries"
	Entries map[string]any `json:"entries"`
}

// typescript is what scalars are in TypeScript.
var typescript = map[string]string{
	"String": "string", "ID": "string", "Int": "number", "Float": "number", "Boolean": "boolean", "Date": "string", "Json": "JsonType",
}

// introduce describes procedures: the types by numbers in the order in which they are met, so that the description
// changes only where the procedures do.
func introduce(procedures []*Procedure) []byte {
	d := &describer{ids: map[*shape]int{}, types: map[string]map[string]any{}}
	root := entries{"Entries", map[string]any{}}
	for _, p := range procedures {
		at := root
		for _, word := range p.path[:len(p.path)-1] {
			below, ok := at.Entries[word].(entries)
			if !ok {
				below = entries{"Entries", map[string]any{}}
				at.Entries[word] = below
			}
			at = below
		}
		api := describedAPI{Type: "Api", Kind: "query", Description: p.description, Deprecated: p.deprecated, Input: d.refer(p.input), Output: d.refer(p.output)}
		if p.mutation {
			api.Kind = "mutation"
		}
		at.Entries[p.path[len(p.path)-1]] = api
	}
	text, err := json.Marshal(map[string]any{"protocol": "Farrow-API", "types": d.types, "entries": root})
	if err != nil {
		panic(fmt.Sprintf("rpcbff: describe procedures: %v", err)) // a fault of ours, found at the start
	}
	return text
}

type describer struct {
	ids   map[*shape]int
	types map[string]map[string]any
}

// refer names a type, and describes it when it is met first.
func (d *describer) refer(s *shape) reference {
	id, met := d.ids[s]
	if !met {
		id = len(d.ids)
		d.ids[s] = id
		d.types[strconv.Itoa(id)] = d.describe(s)
	}
	return reference{id, "#/types/" + strconv.Itoa(id)}
}

func (d *describer) describe(s *shape) map[string]any {
	m := map[string]any{"type": s.kind}
	switch s.kind {
	case kindScalar:
		m["valueType"], m["valueName"] = typescript[s.name], s.name
	case kindLiteral:
		m["value"] = s.literal
	case kindObject:
		var fields describedFields
		for _, f := range s.fields {
			fields = append(fields, describedField{d.refer(f.shape), f.description, f.deprecated, f.name})
		}
		m["fields"] = fields
		if s.name != "" {
			m["name"] = s.name
		}
	case kindUnion:
		var items []reference
		for _, item := range s.items {
			items = append(items, d.refer(item))
		}
		m["itemTypes"] = items
		if s.name != "" {
			m["name"] = s.name
		}
	case kindRecord:
		r := d.refer(s.item)
		m["valueTypeId"], m["$ref"] = r.TypeID, r.Ref
	case kindList, kindNullable, kindOptional:
		r := d.refer(s.item)
		m["itemTypeId"], m["$ref"] = r.TypeID, r.Ref
	}
	return m
}
