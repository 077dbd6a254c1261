# Installation: by `cmake --install`, and as the Debian package that `./run deb` makes with CPack. The package has its own
# list, the component `deb`: its paths do not depend on CMAKE_INSTALL_PREFIX, so any build can be packaged.

include(GNUInstallDirs)
set(NVRHUB_MAINTAINER "nvrhub <nvrhub@localhost>" CACHE STRING "Maintainer of the package, as Name <address>")
set(packaging "${PROJECT_SOURCE_DIR}/packaging")
set(made "${PROJECT_BINARY_DIR}/packaging")

# The systemd unit for a program in `bindir`.
function(nvrhub_unit output bindir)
  set(NVRHUB_UNIT_BINDIR "${bindir}")
  configure_file("${packaging}/nvrhub.service.in" "${output}" @ONLY)
endfunction()
# gzip without a time stamp, so that the same sources make the same package.
function(nvrhub_gzip input output)
  execute_process(COMMAND gzip -9nc "${input}" OUTPUT_FILE "${output}" COMMAND_ERROR_IS_FATAL ANY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${input}")
endfunction()

# ---- cmake --install ----

nvrhub_unit("${made}/nvrhub.service" "${CMAKE_INSTALL_FULL_BINDIR}")
install(TARGETS nvrhub RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES "${made}/nvrhub.service" DESTINATION lib/systemd/system)
install(FILES "${packaging}/nvrhub.sysusers" DESTINATION lib/sysusers.d RENAME nvrhub.conf)
install(DIRECTORY "${packaging}/prometheus" "${packaging}/alertmanager" "${packaging}/grafana" DESTINATION ${CMAKE_INSTALL_DATADIR}/nvrhub)
install(FILES "${packaging}/debian/copyright" "${PROJECT_SOURCE_DIR}/NOTICE" DESTINATION ${CMAKE_INSTALL_DOCDIR})
# The unit reads this path whatever the prefix is. An existing file belongs to the operator and is kept.
install(CODE "
  if(NOT EXISTS \"\$ENV{DESTDIR}/etc/nvrhub/nvrhub.toml\")
    file(INSTALL DESTINATION /etc/nvrhub TYPE FILE FILES \"${packaging}/nvrhub.toml\")
  endif()")

# ---- the Debian package ----

nvrhub_unit("${made}/deb/nvrhub.service" /usr/bin)
configure_file("${packaging}/debian/changelog.in" "${made}/deb/changelog.Debian" @ONLY)
configure_file("${packaging}/nvrhub.1.in" "${made}/deb/nvrhub.1" @ONLY)
nvrhub_gzip("${made}/deb/changelog.Debian" "${made}/deb/changelog.Debian.gz")
nvrhub_gzip("${made}/deb/nvrhub.1" "${made}/deb/nvrhub.1.gz")
nvrhub_gzip("${PROJECT_SOURCE_DIR}/CHANGELOG.md" "${made}/deb/changelog.gz")
set(docs "${PROJECT_SOURCE_DIR}/docs")
foreach(rule
    "TARGETS;nvrhub;RUNTIME;DESTINATION;usr/bin"
    "FILES;${made}/deb/nvrhub.service;DESTINATION;lib/systemd/system"
    "FILES;${packaging}/nvrhub.sysusers;DESTINATION;usr/lib/sysusers.d;RENAME;nvrhub.conf"
    "FILES;${packaging}/nvrhub.toml;DESTINATION;etc/nvrhub"
    "DIRECTORY;${packaging}/prometheus;${packaging}/alertmanager;${packaging}/grafana;DESTINATION;usr/share/nvrhub"
    "FILES;${made}/deb/nvrhub.1.gz;DESTINATION;usr/share/man/man1"
    "FILES;${packaging}/debian/copyright;${made}/deb/changelog.Debian.gz;${made}/deb/changelog.gz;${PROJECT_SOURCE_DIR}/NOTICE;DESTINATION;usr/share/doc/nvrhub"
    "DIRECTORY;${docs}/guide;${docs}/reference;DESTINATION;usr/share/doc/nvrhub"
    "FILES;${packaging}/debian/lintian-overrides;DESTINATION;usr/share/lintian/overrides;RENAME;nvrhub")
  install(${rule} COMPONENT deb EXCLUDE_FROM_ALL)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL deb)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME nvrhub)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "state of a fleet of network video recorders")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "nvrhub keeps the state of every camera of a fleet of network video recorders.
Recorders report over WebSocket, dashboards receive every change at once, and
everything else is HTTP. It is one process with one data directory and needs no
database server.")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${NVRHUB_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers") # creates the user
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "systemd-timesyncd | time-daemon, ca-certificates") # of channels
set(CPACK_DEBIAN_PACKAGE_SUGGESTS prometheus)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${packaging}/debian/conffiles;${packaging}/debian/postinst;${packaging}/debian/prerm;${packaging}/debian/postrm")
include(CPack)
