# The C++ face as one library, and what `cmake --install` puts in place: find_package(mlsysim) gives mlsysim::mlsysim.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(all_walls "")
foreach(header ${wall_headers})
  get_filename_component(name ${header} NAME)
  if(NOT name STREQUAL "wall.hpp")
    string(APPEND all_walls "#include \"mlsysim/walls/${name}\"\n")
  endif()
endforeach()
set(made_headers ${PROJECT_BINARY_DIR}/include)
file(CONFIGURE OUTPUT ${made_headers}/mlsysim/walls/all.hpp CONTENT "#pragma once\n// Every wall's header: made by cmake/install.cmake.\n${all_walls}")

# Its object files are those of the command, so that one archive is all that a user links.
add_library(mlsysim_face STATIC src/mlsysim/mlsysim.cpp
  $<TARGET_OBJECTS:mlsysim_core> $<TARGET_OBJECTS:mlsysim_catalog> $<TARGET_OBJECTS:mlsysim_walls>)
add_library(mlsysim::mlsysim ALIAS mlsysim_face)
set_target_properties(mlsysim_face PROPERTIES OUTPUT_NAME mlsysim EXPORT_NAME mlsysim)
target_compile_features(mlsysim_face INTERFACE cxx_std_20)
target_include_directories(mlsysim_face INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<BUILD_INTERFACE:${made_headers}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_include_directories(mlsysim_face PRIVATE ${made_headers})
# A wall of the user's own gives the same bits in a sweep as in a single answer only without contraction.
target_compile_options(mlsysim_face INTERFACE -ffp-contract=off)
target_link_libraries(mlsysim_face PRIVATE $<BUILD_INTERFACE:mlsysim_options> INTERFACE fmt::fmt ${shared_yaml})
if(MLSYSIM_SANITIZE)
  target_link_options(mlsysim_face INTERFACE -fsanitize=address,undefined)
endif()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/mlsysim)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/mlsysimConfig.cmake @ONLY CONTENT [[
include(CMakeFindDependencyMacro)
find_dependency(fmt)
find_dependency(yaml-cpp)
include(${CMAKE_CURRENT_LIST_DIR}/mlsysimTargets.cmake)
]])
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mlsysimConfigVersion.cmake COMPATIBILITY SameMajorVersion)

install(TARGETS mlsysim RUNTIME COMPONENT command)
install(TARGETS mlsysim_face EXPORT mlsysimTargets ARCHIVE COMPONENT cpp)
install(EXPORT mlsysimTargets NAMESPACE mlsysim:: DESTINATION ${package} COMPONENT cpp)
install(FILES ${PROJECT_BINARY_DIR}/mlsysimConfig.cmake ${PROJECT_BINARY_DIR}/mlsysimConfigVersion.cmake DESTINATION ${package} COMPONENT cpp)
# report/json.hpp and the readers of files need more than this library's own headers.
install(DIRECTORY src/mlsysim ${made_headers}/mlsysim DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT cpp
  FILES_MATCHING PATTERN "*.hpp" PATTERN "json.hpp" EXCLUDE PATTERN "page.hpp" EXCLUDE PATTERN "load_yaml.hpp" EXCLUDE PATTERN "hf_*.hpp" EXCLUDE)
