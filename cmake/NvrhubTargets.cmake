# The flags of every target, in one place: the CMakeLists.txt of a folder names only its sources and what it may include.

add_library(nvrhub_flags INTERFACE)
target_compile_options(nvrhub_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fno-omit-frame-pointer)
# g++ 12 sees an overlap that is not there in `"literal" + std::string` (GCC bug 105651).
target_compile_options(nvrhub_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# clang includes this in -Wconversion, g++ does not.
target_compile_options(nvrhub_flags INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>)
# For every target: with it, socket.close(error) returns nothing, under the same name for the linker. A program that is
# compiled half with it and half without passes the arguments of such calls wrongly.
target_compile_definitions(nvrhub_flags INTERFACE BOOST_ASIO_NO_DEPRECATED)
# The hardening flags of Debian's own packages: the server reads untrusted input.
target_compile_options(nvrhub_flags INTERFACE $<$<CONFIG:Release>:
  -fstack-protector-strong -fstack-clash-protection -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
target_link_options(nvrhub_flags INTERFACE $<$<CONFIG:Release>:LINKER:-z,relro,-z,now>)
# In a unity build, sources count as headers and see each other's names. g++ checks -Wshadow nevertheless; it combines
# fewer sources than the presets of clang do.
add_library(nvrhub_unity INTERFACE)
target_compile_options(nvrhub_unity INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-shadow>)
if(CMAKE_UNITY_BUILD)
  target_link_libraries(nvrhub_flags INTERFACE nvrhub_unity)
endif()
target_compile_options(nvrhub_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>) # ccache needs it to cache users of a PCH

# For everything that is linked together: the code of a template may come from any object file.
add_library(nvrhub_sanitize INTERFACE)
if(NVRHUB_SANITIZE)
  target_compile_options(nvrhub_sanitize INTERFACE -fsanitize=${NVRHUB_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(nvrhub_sanitize INTERFACE -fsanitize=${NVRHUB_SANITIZE})
  if(NVRHUB_SANITIZE MATCHES thread) # which does not know Asio's fences; one thread runs all of log/
    target_compile_definitions(nvrhub_sanitize INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
  # Where g++ makes position-independent programs, the tables of UBSan are 2.2 million relocations at each start: 0.4 s,
  # and the tests start programs a thousand times.
  if(NVRHUB_SANITIZE MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(nvrhub_sanitize INTERFACE -fno-pie)
    target_link_options(nvrhub_sanitize INTERFACE -no-pie)
  endif()
endif()
target_link_libraries(nvrhub_flags INTERFACE nvrhub_sanitize)

# An include root of its own for each folder: a directory that holds a link to this folder and nothing else. With the
# root of the repository as include path every folder would see every other one.
set(NVRHUB_INCLUDE_ROOTS "${PROJECT_BINARY_DIR}/include")
file(REMOVE_RECURSE "${NVRHUB_INCLUDE_ROOTS}") # of folders that are gone
function(nvrhub_include_root target name)
  file(MAKE_DIRECTORY "${NVRHUB_INCLUDE_ROOTS}/${name}")
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${name}" "${NVRHUB_INCLUDE_ROOTS}/${name}/${name}" SYMBOLIC)
  target_include_directories(${target} PUBLIC "${NVRHUB_INCLUDE_ROOTS}/${name}")
endfunction()

# nvrhub_library(<folder> SOURCES ... DEPENDS ... [PRIVATE_DEPENDS ...] [FOLDER <folder>] [UNITY])
# One target per folder; FOLDER names it for a second target of the same folder. A source that includes a header of a
# folder that its target does not depend on fails to compile (docs/internals/architecture.md, "Folders"). UNITY: its
# sources are compiled several at a time unless CMAKE_UNITY_BUILD is OFF, because each includes CAF, Asio or CLI11.
function(nvrhub_library name)
  cmake_parse_arguments(ARG "UNITY" "FOLDER" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  if(NOT ARG_FOLDER)
    set(ARG_FOLDER ${name})
  endif()
  add_library(nvrhub_${name} STATIC ${ARG_SOURCES})
  nvrhub_include_root(nvrhub_${name} ${ARG_FOLDER})
  target_link_libraries(nvrhub_${name} PUBLIC ${ARG_DEPENDS} PRIVATE nvrhub_flags ${ARG_PRIVATE_DEPENDS})
  if(ARG_UNITY AND NOT DEFINED CMAKE_UNITY_BUILD)
    set_target_properties(nvrhub_${name} PROPERTIES UNITY_BUILD ON)
    target_link_libraries(nvrhub_${name} PRIVATE nvrhub_unity)
  endif()
  set_target_properties(nvrhub_${name} PROPERTIES
    UNITY_BUILD_CODE_BEFORE_INCLUDE "// NOLINTNEXTLINE(bugprone-suspicious-include): a unity build") # preset lint
endfunction()
