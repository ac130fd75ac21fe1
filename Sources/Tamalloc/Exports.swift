// SPDX-License-Identifier: MIT

// Byte counts, usage, errors, fills and options are part of what this module offers: one import is enough.
@_exported public import Pages
@_exported public import Reservations
