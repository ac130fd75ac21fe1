/* SPDX-License-Identifier: MIT */
/* Under a filter that ends the program at any call that it does not know, memory is there all the same. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "check.h"

int main(void) {
  /* No call has had a number so high when the filter was written. */
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 500, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof program / sizeof *program, program};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
  unsigned char *block = tamalloc_fill(MIB, 7);
  CHECK(block != NULL);
  CHECK(block[0] == 7 && block[MIB - 1] == 7);
  tafree(block);
  block = tamalloc(GIB);
  CHECK(block != NULL);
  CHECK(block[GIB - 1] == 0);
  tafree(block);
  return 0;
}
