// SPDX-License-Identifier: MIT

// Byte counts, usage and errors are part of what this module offers: one import is enough.
@_exported public import Pages
