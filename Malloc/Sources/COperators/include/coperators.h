/* SPDX-License-Identifier: MIT */
/* The operators have C++'s names, and nobody here calls them: see operators.c. */
