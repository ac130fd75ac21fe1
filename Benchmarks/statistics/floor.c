/* SPDX-License-Identifier: MIT */
/* Opens, reads and closes status and oom_score_adj of every process: the least that a row costs. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **arguments) {
  static const char *const files[] = {"status", "oom_score_adj"};
  char buffer[8192], path[300];
  int folder = open("/proc", O_RDONLY | O_DIRECTORY);
  DIR *list = opendir("/proc");
  (void)arguments;
  for (struct dirent *entry; count == 1 && (entry = readdir(list));) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    for (int index = 0; index < 2; index++) {
      snprintf(path, sizeof path, "%s/%s", entry->d_name, files[index]);
      int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
      if (file < 0) continue;
      if (read(file, buffer, sizeof buffer) < 0) perror(path);
      close(file);
    }
  }
  return 0;
}
