# Writes version.cpp, at build time and only when it changes, so that the program knows the commit it was built from.
# Requires: OUTPUT, SOURCE, VERSION. Without git or a repository the version stands alone.
execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=* WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE commit
                ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
if(status EQUAL 0 AND commit)
  set(VERSION "${VERSION}+${commit}")
endif()
set(text "#include \"tools/heddle/version.hpp\"\n\nnamespace heddle {\n\nstd::string version() { return \"${VERSION}\"; }\n\n} // namespace heddle\n")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT "${before}" STREQUAL "${text}")
  file(WRITE ${OUTPUT} "${text}")
endif()
