//go:build tools

package toolchain

import _ "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
