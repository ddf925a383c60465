# Makes a library of walls: one source file for each header that declares one, and the list of them.
# src/mlsysim/walls/tail_latency.hpp declares `struct TailLatencyWall`; nothing else names it.
function(mlsysim_walls target)
  set(declared "")
  set(listed "")
  set(sources "")
  foreach(header ${ARGN})
    get_filename_component(stem ${header} NAME_WE)
    if(stem STREQUAL "wall")
      continue()
    endif()
    string(REPLACE "_" ";" words ${stem})
    set(type "")
    foreach(word ${words})
      string(SUBSTRING ${word} 0 1 first)
      string(SUBSTRING ${word} 1 -1 rest)
      string(TOUPPER ${first} first)
      string(APPEND type "${first}${rest}")
    endforeach()
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}/${stem}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"
namespace mlsysim {
extern const Wall ${stem}_wall;
const Wall ${stem}_wall = wall<${type}Wall>();
}
")
    list(APPEND sources ${source})
    string(APPEND declared "extern const Wall ${stem}_wall;\n")
    string(APPEND listed "&${stem}_wall, ")
  endforeach()
  set(list ${CMAKE_CURRENT_BINARY_DIR}/${target}/list.cpp)
  file(CONFIGURE OUTPUT ${list} CONTENT "#include \"mlsysim/walls/wall.hpp\"
namespace mlsysim {
${declared}static const Wall* const all[] = {${listed}};
std::span<const Wall* const> walls() { return all; }
}
")
  add_library(${target} OBJECT ${sources} ${list})
  target_link_libraries(${target} PUBLIC mlsysim_options)
endfunction()
