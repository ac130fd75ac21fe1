# SPDX-License-Identifier: MIT
#
# find_package(Tamalloc) gives the targets Tamalloc::tamalloc, the shared library, and Tamalloc::static.
# It finds them from where it lies itself, so that what is installed may be moved as a whole.

get_filename_component(_tamalloc_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET Tamalloc::tamalloc)
  find_package(Threads REQUIRED)

  add_library(Tamalloc::tamalloc SHARED IMPORTED)
  set_target_properties(Tamalloc::tamalloc PROPERTIES
    IMPORTED_LOCATION "${_tamalloc_prefix}/lib/libtamalloc.so"
    INTERFACE_INCLUDE_DIRECTORIES "${_tamalloc_prefix}/include")

  add_library(Tamalloc::static STATIC IMPORTED)
  set_target_properties(Tamalloc::static PROPERTIES
    IMPORTED_LOCATION "${_tamalloc_prefix}/lib/libtamalloc.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_tamalloc_prefix}/include"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()

unset(_tamalloc_prefix)
