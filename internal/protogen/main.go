// Command protogen compiles the service contracts under proto/ and writes their Go code under internal/gen.
// It does what protoc does, with the Go toolchain alone: the compiler is a library, the plugins are tools of this
// module, so every machine generates the same bytes.
//
//	go run ./internal/protogen
package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	source = "proto"
	target = "internal/gen"
	module = "module=bff"
)

// plugin is a generator that this module has as a tool.
type plugin struct {
	name    string
	options []string
	of      func(file string) bool // which files it generates code for; nil: all
}

// plugins lists what is generated, in this order. The code of protoc-gen-go is the stock one, for servers, tests and
// writes. protoc-gen-go-vtproto adds methods that the clients use for reads: marshalling without reflection, and
// unmarshalling into memory that is used again ("pool"), whose strings point into the input ("unsafe").
var plugins = []plugin{
	{name: "protoc-gen-go"},
	{name: "protoc-gen-go-grpc"},
	{name: "protoc-gen-go-vtproto", options: vtOptions(), of: ofService},
}

// vtOptions are those of protoc-gen-go-vtproto: the features, and the messages of answers, which are used again and
// need not keep the fields that they do not know.
func vtOptions() []string {
	options := []string{"features=marshal+size+unmarshal_unsafe+pool"}
	for _, message := range []string{
		"user/v1.User", "user/v1.BatchGetUsersResponse", "user/v1.ListUsersResponse",
		"post/v1.Post", "post/v1.BatchGetPostsResponse", "post/v1.ListPostsResponse",
		"post/v1.AuthorPosts", "post/v1.BatchListPostsByAuthorResponse",
	} {
		name := "=bff/internal/gen/" + message
		options = append(options, "pool"+name, "ignoreUnknownFields"+name)
	}
	return options
}

// ofService says of a contract whether it is one between the server and a service.
func ofService(file string) bool { return !strings.HasPrefix(file, "cache/") }

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "protogen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	names, err := protoFiles()
	if err != nil {
		return err
	}

	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{source}}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(ctx, names...)
	if err != nil {
		return err
	}

	if err := os.RemoveAll(target); err != nil {
		return err
	}
	for _, plugin := range plugins {
		if err := plugin.generate(ctx, names, files); err != nil {
			return fmt.Errorf("%s: %w", plugin.name, err)
		}
	}
	return nil
}

// protoFiles lists the contracts, relative to the source folder, in a fixed order.
func protoFiles() ([]string, error) {
	var names []string
	err := filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".proto" {
			return err
		}
		name, err := filepath.Rel(source, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	slices.Sort(names)
	return names, err
}

// generate runs the plugin by the protocol of protoc: a CodeGeneratorRequest in, a CodeGeneratorResponse out.
func (p plugin) generate(ctx context.Context, names []string, files linker.Files) error {
	if p.of != nil {
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !p.of(name) })
	}
	request, err := proto.Marshal(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: names,
		Parameter:      proto.String(strings.Join(append([]string{module}, p.options...), ",")),
		ProtoFile:      inDependencyOrder(files),
	})
	if err != nil {
		return err
	}

	command := exec.CommandContext(ctx, "go", "tool", p.name) //nolint:gosec // the names are constants of this program
	command.Stdin = bytes.NewReader(request)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return err
	}

	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(output, &response); err != nil {
		return err
	}
	if message := response.GetError(); message != "" {
		return fmt.Errorf("%s", strings.TrimSpace(message))
	}
	for _, file := range response.GetFile() {
		if err := os.MkdirAll(filepath.Dir(file.GetName()), 0o755); err != nil { //nolint:gosec // source code is readable
			return err
		}
		if err := os.WriteFile(file.GetName(), []byte(file.GetContent()), 0o644); err != nil { //nolint:gosec // source code is readable
			return err
		}
	}
	return nil
}

// inDependencyOrder returns the files and all they import, imports first.
func inDependencyOrder(files linker.Files) []*descriptorpb.FileDescriptorProto {
	var ordered []*descriptorpb.FileDescriptorProto
	seen := map[string]bool{}

	var visit func(file protoreflect.FileDescriptor)
	visit = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] {
			return
		}
		seen[file.Path()] = true

		imports := file.Imports()
		for i := range imports.Len() {
			visit(imports.Get(i).FileDescriptor)
		}
		ordered = append(ordered, protodesc.ToFileDescriptorProto(file))
	}
	for _, file := range files {
		visit(file)
	}
	return ordered
}
