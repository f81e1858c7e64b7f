package controlplane

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// ParseManifests returns the objects of YAML or JSON texts, each with any number of documents.
// Lists are taken apart; empty documents are skipped.
func ParseManifests(manifests ...[]byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	for _, manifest := range manifests {
		documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifest)))
		for number := 1; ; number++ {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				objects, err = appendObjects(objects, document)
			}
			if err != nil {
				return nil, fmt.Errorf("document %d: %w", number, err)
			}
		}
	}
	return objects, nil
}

func appendObjects(objects []*unstructured.Unstructured, document []byte) ([]*unstructured.Unstructured, error) {
	text, err := sigsyaml.YAMLToJSON(document) // takes JSON as well
	if err != nil || bytes.Equal(bytes.TrimSpace(text), []byte("null")) {
		return objects, err
	}
	decoded, _, err := unstructured.UnstructuredJSONScheme.Decode(text, nil, nil)
	if err != nil {
		return nil, err
	}
	switch decoded := decoded.(type) {
	case *unstructured.Unstructured:
		return append(objects, decoded), nil
	case *unstructured.UnstructuredList:
		err := decoded.EachListItem(func(item runtime.Object) error {
			objects = append(objects, item.(*unstructured.Unstructured))
			return nil
		})
		return objects, err
	default:
		return nil, fmt.Errorf("a %T is no object", decoded)
	}
}

// ReadManifests returns the content of files, and of the .yaml, .yml and .json files directly in
// folders (in the order of their names), for [Apply].
func ReadManifests(paths ...string) ([][]byte, error) {
	var manifests [][]byte
	for _, path := range paths {
		files, err := manifestFiles(path)
		if err != nil {
			return nil, fmt.Errorf("read manifests: %w", err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read manifests: %w", err)
			}
			manifests = append(manifests, text)
		}
	}
	return manifests, nil
}

func manifestFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(entry.Name())) {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	return files, nil
}
