// Orders versions as golang.org/x/mod/semver or Bitnami's go-version does: `compare-go go|bitnami`. Reads pairs, a line
// each, tab-separated, and answers <, =, > or invalid.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	bitnami "github.com/bitnami/go-version/pkg/version"
	"golang.org/x/mod/semver"
)

func compareGo(a, b string) (int, bool) {
	return semver.Compare(a, b), semver.IsValid(a) && semver.IsValid(b)
}

func compareBitnami(a, b string) (int, bool) {
	x, failed := bitnami.Parse(a)
	y, alsoFailed := bitnami.Parse(b)
	if failed != nil || alsoFailed != nil {
		return 0, false
	}
	return x.Compare(y), true
}

func main() {
	compare := compareGo
	if os.Args[1] == "bitnami" {
		compare = compareBitnami
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		a, b, _ := strings.Cut(lines.Text(), "\t")
		if order, valid := compare(a, b); valid {
			fmt.Println([]string{"<", "=", ">"}[order+1])
		} else {
			fmt.Println("invalid")
		}
	}
}
