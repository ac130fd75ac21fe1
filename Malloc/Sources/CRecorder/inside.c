/* SPDX-License-Identifier: MIT */
#include "crecorder.h"

__thread int crecorder_inside;
