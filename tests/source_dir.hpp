#pragma once

/// The root of the source tree. Only main.cpp is compiled with it, so that objects do not depend on where the tree lies.
extern const char* const source_dir;
