/* SPDX-License-Identifier: MIT */
/* The heap's two words of state: all the C that is compiled by itself. */
#include "ctamalloc_heap.h"

__thread void *ctamalloc_thread_heap;
void *ctamalloc_process_heap;
