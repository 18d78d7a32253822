// A library that exists for its name. See CMakeLists.txt.
extern "C" __attribute__((visibility("default"))) const int heddle_name_only = 1;
