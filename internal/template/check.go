package template

import (
	"fmt"
	"strings"
	"text/template/parse"
)

// checker walks a parse tree and refuses what could run long, and what could only
// fail while rendering, when nobody is looking.
type checker struct {
	key, text string
	fields    map[string]bool
}

func (c *checker) refuse(n parse.Node, format string, args ...any) error {
	// A node may begin after the last byte.
	before := c.text[:min(int(n.Position()), len(c.text))]
	return &Error{Key: c.key, Line: 1 + strings.Count(before, "\n"), Reason: fmt.Sprintf(format, args...)}
}

// list checks a list of nodes. Inside with, the dot is one value and has no keys.
func (c *checker) list(list *parse.ListNode, inWith bool) error {
	if list == nil {
		return nil
	}
	for _, n := range list.Nodes {
		if err := c.node(n, inWith); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) node(n parse.Node, inWith bool) error {
	switch n := n.(type) {
	case *parse.TextNode:
		return nil
	case *parse.ActionNode:
		if isWholeMap(n.Pipe) && !inWith {
			return c.refuse(n, "this prints all values; name one key, such as .username, or use toJson")
		}
		return c.pipe(n.Pipe, inWith)
	case *parse.IfNode:
		return c.branch(&n.BranchNode, inWith, inWith)
	case *parse.WithNode:
		return c.branch(&n.BranchNode, inWith, true)
	case *parse.RangeNode:
		return c.refuse(n, "range is not allowed; name the keys")
	default:
		return c.refuse(n, "%s is not allowed; use if, with and functions", n)
	}
}

func isWholeMap(pipe *parse.PipeNode) bool {
	if len(pipe.Decl) > 0 || len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) != 1 {
		return false
	}
	switch arg := pipe.Cmds[0].Args[0].(type) {
	case *parse.DotNode:
		return true
	case *parse.VariableNode:
		return len(arg.Ident) == 1 && arg.Ident[0] == "$"
	default:
		return false
	}
}

func (c *checker) branch(b *parse.BranchNode, inWith, bodyInWith bool) error {
	if err := c.pipe(b.Pipe, inWith); err != nil {
		return err
	}
	if err := c.list(b.List, bodyInWith); err != nil {
		return err
	}
	return c.list(b.ElseList, inWith)
}

func (c *checker) pipe(pipe *parse.PipeNode, inWith bool) error {
	for i, cmd := range pipe.Cmds {
		if err := c.call(cmd, i > 0); err != nil {
			return err
		}
		for _, arg := range cmd.Args {
			if err := c.arg(arg, inWith); err != nil {
				return err
			}
		}
	}
	return nil
}

// call checks the number of arguments; a pipe adds one.
func (c *checker) call(cmd *parse.CommandNode, piped bool) error {
	id, ok := cmd.Args[0].(*parse.IdentifierNode)
	if !ok {
		if piped || len(cmd.Args) > 1 {
			return c.refuse(cmd, "%s is not a function", cmd.Args[0])
		}
		return nil
	}
	n := len(cmd.Args) - 1
	if piped {
		n++
	}
	if takes := arities[id.Ident]; n < takes.least || n > takes.most {
		return c.refuse(cmd, "%s takes %s, not %d", id.Ident, takes, n)
	}
	if id.Ident == "index" || id.Ident == "hasKey" {
		return c.constantKey(cmd)
	}
	return nil
}

// constantKey keeps values from being used as names of keys, because an error
// tells the name of a key that is missing.
func (c *checker) constantKey(cmd *parse.CommandNode) error {
	if len(cmd.Args) == 3 {
		if _, ok := cmd.Args[2].(*parse.StringNode); ok {
			return nil
		}
	}
	return c.refuse(cmd, "%s takes the name of a key in quotes, such as %[1]s $ \"tls.crt\"", cmd.Args[0])
}

func (c *checker) arg(n parse.Node, inWith bool) error {
	switch n := n.(type) {
	case *parse.PipeNode:
		return c.pipe(n, inWith)
	case *parse.FieldNode:
		return c.field(n, inWith)
	case *parse.VariableNode:
		return c.variable(n)
	case *parse.IdentifierNode, *parse.DotNode, *parse.StringNode, *parse.NumberNode, *parse.BoolNode:
		return nil
	default:
		return c.refuse(n, "%s is not allowed; use keys, texts, numbers and functions", n)
	}
}

func (c *checker) field(n *parse.FieldNode, inWith bool) error {
	name := strings.Join(n.Ident, ".")
	if len(n.Ident) > 1 {
		return c.refuse(n, "values have no fields; for a key with dots write index $ %q", name)
	}
	if inWith {
		return c.refuse(n, "inside with the dot is one value; write $.%s", name)
	}
	c.fields[name] = true
	return nil
}

func (c *checker) variable(n *parse.VariableNode) error {
	fields := n.Ident[1:]
	if len(fields) > 1 || len(fields) == 1 && n.Ident[0] != "$" {
		return c.refuse(n, "values have no fields; for a key with dots write index $ %q", strings.Join(fields, "."))
	}
	for _, name := range fields {
		c.fields[name] = true
	}
	return nil
}
