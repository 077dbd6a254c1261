# One place for the flags that every target of ours is built with, so that a folder's CMakeLists names only its
# sources and what it may include.

add_library(nvrhub_flags INTERFACE)
target_compile_options(nvrhub_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fno-omit-frame-pointer)
# g++ 12 sees an overlap that is not there in `"literal" + std::string` (GCC bug 105651).
target_compile_options(nvrhub_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# To clang -Wconversion means this as well, to g++ it does not.
target_compile_options(nvrhub_flags INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>)
# What Debian builds its own packages with: the server reads what strangers send.
target_compile_options(nvrhub_flags INTERFACE $<$<CONFIG:Release>:
  -fstack-protector-strong -fstack-clash-protection -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
target_link_options(nvrhub_flags INTERFACE $<$<CONFIG:Release>:LINKER:-z,relro,-z,now>)
# Put together, sources see each other's names and look like headers. Release compiles each by itself, and warns.
if(CMAKE_UNITY_BUILD)
  target_compile_options(nvrhub_flags INTERFACE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
target_compile_options(nvrhub_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>) # ccache reads no PCH without

# Of all that is linked together: a template's code may come from any of its objects.
add_library(nvrhub_sanitize INTERFACE)
if(NVRHUB_SANITIZE)
  target_compile_options(nvrhub_sanitize INTERFACE -fsanitize=${NVRHUB_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(nvrhub_sanitize INTERFACE -fsanitize=${NVRHUB_SANITIZE})
endif()
target_link_libraries(nvrhub_flags INTERFACE nvrhub_sanitize)

# nvrhub_library(<folder> SOURCES ... DEPENDS ... [PRIVATE_DEPENDS ...])
# A target per folder of src/: a folder that includes what it does not depend on fails to link (docs/internals/architecture.md).
function(nvrhub_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(nvrhub_${name} STATIC ${ARG_SOURCES})
  target_include_directories(nvrhub_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(nvrhub_${name} PUBLIC ${ARG_DEPENDS} PRIVATE nvrhub_flags ${ARG_PRIVATE_DEPENDS})
  set_target_properties(nvrhub_${name} PROPERTIES
    UNITY_BUILD_CODE_BEFORE_INCLUDE "// NOLINTNEXTLINE(bugprone-suspicious-include): a unity build") # preset lint
endfunction()
