#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Adds function attributes and module flags to LLVM intermediate code, in the
# textual form that swiftc writes.
#
# Usage: attributes.sh FILE.ll 'ATTRIBUTE ...' 'MODULE-FLAG ...' > NEW.ll

set -eu

file=$1
attributes=$2
flags=$3

# Numbers of our own for the metadata, out of reach of the compiler's.
number=900000
definitions=
references=
for flag in $flags; do
	definitions="$definitions!$number = !{i32 8, !\"$flag\", i32 1}\n"
	references="$references, !$number"
	number=$((number + 1))
done

awk -v attributes="$attributes" -v references="$references" \
    -v definitions="$definitions" '
	# Nothing unwinds in a kernel, so nobody needs a personality.
	/^define / {
		sub(/ personality ptr @[A-Za-z0-9_]+/, "")
		sub(/ \{$/, " " attributes " {")
	}
	# What the compiler wants kept for reflection may go.
	/^@llvm\.(compiler\.)?used = / { next }
	/^!llvm\.module\.flags = / { sub(/\}$/, references "}") }
	{ print }
	END { printf "%s", definitions }
' "$file"
