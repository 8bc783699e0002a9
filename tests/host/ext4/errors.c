#include "cases.h"
void cases_errors(void) {  }
