/**
 * What stands in `.bootcde`: picks one of two slots and runs it from flash. Slots are never overwritten while they are
 * used, and the choice is a journal to which characters are appended, so that no loss of power or cable leaves nothing to boot.
 */
export type Slot = 'a' | 'b';

export const BOOT_FILE = '.bootcde';
/** Would run in place of `.bootcde`. */
export const BOOT_ALWAYS_FILE = '.bootrst';
export const LOG_FILE = 'ck.log';
/** Characters of the journal; a flashing takes three. */
export const LOG_SIZE = 240;
export const slotFile = (slot: Slot): string => `ck.${slot}`;
export const otherSlot = (slot: Slot): Slot => (slot === 'a' ? 'b' : 'a');
export const TRIAL_MS = 60000;

/** Journal: `a`, `b` = this slot is good; `A`, `B` = try this slot once; `x` = the try has begun. */
export const LOADER = `//cellkeeper loader 1
var ckBoot=(function(){
var s=require("Storage"),l=(s.read("${LOG_FILE}")||"").split("\\xff")[0],c=l.substr(-1),b={t:0},i;
var has=function(k){return s.read("ck."+k,0,1)!==undefined};
for(i=0;i<l.length;i++)if(l[i]=="a"||l[i]=="b")b.k=l[i];
if(c=="A"||c=="B")try{
s.write("${LOG_FILE}","x",l.length);
b.k=c.toLowerCase();b.t=1;
b.i=setTimeout("load()",${TRIAL_MS});
E.enableWatchdog(20,1);
}catch(e){print(e)}
if(!l)b.k=has("a")?"a":"b";
return b})();
if(ckBoot.k)eval(require("Storage").read("ck."+ckBoot.k)||"");
ckBoot.up=1;
`;

/** Slot that the journal calls good; null = none. */
export function goodSlot(journal: string): Slot | null {
  const marks = journal.replace(/[^ab]/g, '');
  return marks === '' ? null : (marks.at(-1) as Slot);
}
