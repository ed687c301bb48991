# find_package(tonegate): the targets tonegate::static and tonegate::shared, of the prefix that this file lies in.

get_filename_component(_tonegate_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

foreach(_tonegate_kind static shared)
  if(NOT TARGET tonegate::${_tonegate_kind})
    string(TOUPPER ${_tonegate_kind} _tonegate_type)
    add_library(tonegate::${_tonegate_kind} ${_tonegate_type} IMPORTED)
    set_target_properties(tonegate::${_tonegate_kind} PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES "${_tonegate_prefix}/include")
  endif()
endforeach()

set_target_properties(tonegate::static PROPERTIES IMPORTED_LOCATION "${_tonegate_prefix}/lib/libtonegate.a")
set_target_properties(tonegate::shared PROPERTIES IMPORTED_LOCATION "${_tonegate_prefix}/lib/libtonegate.so")
