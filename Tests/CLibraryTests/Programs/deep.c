/* SPDX-License-Identifier: MIT */
/* A library whose block its user frees: see meetings.c. */
#include <stdlib.h>

char *make_text(void);
char *make_text(void) { return calloc(1, 100); }
