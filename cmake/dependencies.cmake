# What the core is built from: all of it packaged by Debian and Ubuntu, nothing is fetched.
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

# What is handed on (the release build, the wheel, the installed library) is to run where these packages are not. Debian has no
# libfmt.a, so fmt is compiled into each file then, which costs two seconds a file: not in builds that only a developer sees.
# Its libyaml-cpp.a is not position-independent: it goes into the command; the wheel carries the shared one.
option(MLSYSIM_STANDALONE "Need no libfmt and no libyaml-cpp at run time" OFF)

set(MLSYSIM_YAML_TARGET yaml-cpp)
if(TARGET yaml-cpp::yaml-cpp)
  set(MLSYSIM_YAML_TARGET yaml-cpp::yaml-cpp)
endif()
set(MLSYSIM_FMT_TARGET fmt::fmt)
set(yaml ${MLSYSIM_YAML_TARGET})
if(MLSYSIM_STANDALONE)
  set(MLSYSIM_FMT_TARGET fmt::fmt-header-only)
  find_library(MLSYSIM_YAML_ARCHIVE NAMES libyaml-cpp.a)
  if(MLSYSIM_YAML_ARCHIVE)
    set(in_module $<STREQUAL:$<TARGET_PROPERTY:TYPE>,MODULE_LIBRARY>)
    set(yaml $<IF:${in_module},${MLSYSIM_YAML_TARGET},${MLSYSIM_YAML_ARCHIVE}>)
  endif()
endif()
add_library(mlsysim_dependencies INTERFACE)
target_link_libraries(mlsysim_dependencies INTERFACE ${MLSYSIM_FMT_TARGET} ${yaml} nlohmann_json::nlohmann_json)
