//go:build tools

package toolchain

import _ "github.com/hashicorp/consul"
