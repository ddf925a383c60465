# What the core is built from: all of it packaged by Debian and Ubuntu, nothing is fetched.
#
# What is built runs where these packages are not installed. Debian has no libfmt.a: fmt 9 is compiled here from its own headers;
# a later fmt goes into each file, which costs two seconds a file. Debian's libyaml-cpp.a is not position-independent: it goes
# into programs; the extension module takes the shared one, which the wheel carries beside it.
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
add_library(mlsysim_dependencies INTERFACE)
target_link_libraries(mlsysim_dependencies INTERFACE nlohmann_json::nlohmann_json)

if(fmt_VERSION VERSION_LESS 10)
  add_library(mlsysim_fmt STATIC cmake/fmt.cpp)
  target_include_directories(mlsysim_fmt SYSTEM PUBLIC $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
  target_link_libraries(mlsysim_dependencies INTERFACE mlsysim_fmt)
else()
  target_link_libraries(mlsysim_dependencies INTERFACE fmt::fmt-header-only)
endif()

set(shared_yaml yaml-cpp)
if(TARGET yaml-cpp::yaml-cpp)
  set(shared_yaml yaml-cpp::yaml-cpp)
endif()
find_library(static_yaml NAMES libyaml-cpp.a)
mark_as_advanced(static_yaml)
if(static_yaml)
  set(in_module $<STREQUAL:$<TARGET_PROPERTY:TYPE>,MODULE_LIBRARY>)
  target_link_libraries(mlsysim_dependencies INTERFACE $<IF:${in_module},${shared_yaml},${static_yaml}>)
else()
  target_link_libraries(mlsysim_dependencies INTERFACE ${shared_yaml})
endif()
