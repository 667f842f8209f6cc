// Generates the Go and Python SDKs of a package schema with Pulumi's own generators: what `pulumi package add` does, without language plugins.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(folder string, files map[string][]byte) {
	for name, content := range files {
		file := filepath.Join(folder, name)
		check(os.MkdirAll(filepath.Dir(file), 0o755))
		check(os.WriteFile(file, content, 0o644))
	}
}

// Arguments: the schema file, the folder to write go/ and python/ to.
func main() {
	content, err := os.ReadFile(os.Args[1])
	check(err)
	loader := schema.NewNullLoader()
	specification := schema.PackageSpec{}
	check(json.Unmarshal(content, &specification))
	bound, diagnostics, err := schema.BindSpec(specification, loader, schema.ValidationOptions{})
	check(err)
	if diagnostics.HasErrors() {
		check(diagnostics)
	}
	goFiles, err := gogen.GeneratePackage("kilogpu", bound, nil)
	check(err)
	write(filepath.Join(os.Args[2], "go"), goFiles)
	pythonFiles, err := python.GeneratePackage("kilogpu", bound, nil, nil)
	check(err)
	write(filepath.Join(os.Args[2], "python"), pythonFiles)
}
