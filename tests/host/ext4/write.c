#include "cases.h"
void cases_write(void) {  }
