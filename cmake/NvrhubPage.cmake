# The dashboard page as a source file. With Node.js and the modules of web/ (npm ci --prefix web; ./run installs both) it
# is bundled from web/src. Without them a plain page that says so is compiled in; the rest of the server is the same.

# nvrhub_page(<variable>): names the source file that defines api::page_files().
function(nvrhub_page variable)
  set(web "${PROJECT_SOURCE_DIR}/web")
  set(source "${CMAKE_CURRENT_BINARY_DIR}/page_files.cpp")
  find_program(NODE node)
  if(NODE AND EXISTS "${web}/node_modules/.package-lock.json")
    file(GLOB_RECURSE inputs CONFIGURE_DEPENDS "${web}/src/*")
    add_custom_command(OUTPUT "${source}"
      COMMAND "${NODE}" "${web}/build.mjs" "${CMAKE_CURRENT_BINARY_DIR}/page" --cpp "${source}"
      DEPENDS ${inputs} "${web}/build.mjs" "${web}/index.html" "${web}/icon.svg" "${web}/node_modules/.package-lock.json"
      COMMENT "Bundling the dashboard page" VERBATIM)
  else()
    message(STATUS "The dashboard page is left out: it needs Node.js and `npm ci --prefix web`")
    file(READ "${web}/unbuilt.html" unbuilt_page)
    configure_file("${PROJECT_SOURCE_DIR}/api/page_files.cpp.in" "${source}" @ONLY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${web}/unbuilt.html")
  endif()
  # Each file is one string literal, longer than the standard guarantees; g++ and clang++ accept it.
  set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  set(${variable} "${source}" PARENT_SCOPE)
endfunction()
