# The extension module and its stubs, laid out in the build tree as a package that Python can import in place:
# PYTHONPATH=build/release/python. The package's own files are links there, so that an edit needs no build.
if(NOT SKBUILD AND NOT DEFINED Python_EXECUTABLE AND EXISTS ${PROJECT_SOURCE_DIR}/.venv/bin/python)
  set(Python_EXECUTABLE ${PROJECT_SOURCE_DIR}/.venv/bin/python)
endif()
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module OPTIONAL_COMPONENTS Development.SABIModule)
if(NOT SKBUILD)
  execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
find_package(nanobind CONFIG REQUIRED)

set(package ${PROJECT_BINARY_DIR}/python/mlsysim)
file(GLOB_RECURSE python_files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/python/mlsysim python/mlsysim/*)
list(FILTER python_files EXCLUDE REGEX "__pycache__|\\.so$")
foreach(file ${python_files})
  get_filename_component(folder ${package}/${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/python/mlsysim/${file} ${package}/${file} SYMBOLIC)
endforeach()

file(GLOB binding_sources CONFIGURE_DEPENDS python/*.cpp)
nanobind_add_module(_core STABLE_ABI NB_STATIC NOMINSIZE ${binding_sources})
target_link_libraries(_core PRIVATE mlsysim_cli mlsysim_walls)
target_link_options(_core PRIVATE LINKER:--exclude-libs,ALL)
set_target_properties(_core PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${package} BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN")

nanobind_add_stub(_core_stub MODULE _core OUTPUT ${package}/_core.pyi PYTHON_PATH ${package} DEPENDS _core)

install(TARGETS _core LIBRARY DESTINATION mlsysim COMPONENT python)
install(FILES ${package}/_core.pyi DESTINATION mlsysim COMPONENT python)
if(SKBUILD)
  install(TARGETS mlsysim RUNTIME DESTINATION ${SKBUILD_SCRIPTS_DIR} COMPONENT python)
  install(FILES $<TARGET_FILE:${shared_yaml}> DESTINATION mlsysim RENAME $<TARGET_SONAME_FILE_NAME:${shared_yaml}> COMPONENT python)
endif()
