/** Requests to address 1 as a PC sends them (pace.md 1.2). */
export const REQUEST_42 = '~25014642E00201FD30\r';
export const REQUEST_44 = '~25014644E00201FD2E\r';
export const REQUEST_90 = '~250146900000FDA5\r';
export const REQUEST_C1 = '~250146C10000FD9A\r';
export const REQUEST_C2 = '~250146C20000FD99\r';
