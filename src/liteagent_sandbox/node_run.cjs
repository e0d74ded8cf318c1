'use strict';
// Runs JavaScript that a job on descriptor 3 says, and reports on descriptor 4: a letter and JSON, as Python's runner does.
const fs = require('fs');
const vm = require('vm');
const { createRequire } = require('module');
const { parse, stringify } = JSON;
const { readSync, writeSync } = fs;
const exit = process.reallyExit.bind(process);
const concat = Buffer.concat.bind(Buffer);
const from = Buffer.from.bind(Buffer);
const on = process.on.bind(process);
const FILE = 'main.js';
const MOST_ERROR = 16384;

// What is printed is written at once: nothing of it waits for a turn of the event loop that may never come.
for (const stream of [process.stdout, process.stderr]) {
  if (stream._handle && stream._handle.setBlocking) stream._handle.setBlocking(true);
}

function job() {
  const parts = [];
  for (;;) {
    const part = Buffer.allocUnsafe(65536);
    const size = readSync(3, part, 0, part.length, null);
    if (size === 0) break;
    parts.push(part.subarray(0, size));
  }
  const text = concat(parts).toString('utf8');
  if (text === '') exit(0);
  return parse(text);
}

let over = false;
let unsettled = false;

function report(letter, value) {
  if (over) return;
  over = true;
  const bytes = from(letter + value, 'utf8');
  for (let at = 0; at < bytes.length; ) at += writeSync(4, bytes, at, bytes.length - at);
  exit(0);
}

function failed(kind, error, code) {
  report('E', stringify({ kind, error: error.slice(0, MOST_ERROR), exit_code: code }));
}

function shown(error) {
  if (!(error instanceof Error) || typeof error.stack !== 'string') {
    try {
      return `Uncaught ${String(error)}`;
    } catch {
      return 'Uncaught value';
    }
  }
  const lines = error.stack.split('\n');
  return lines.filter((line) => !/^\s+at /.test(line) || line.includes(FILE)).join('\n');
}

function kindOf(error) {
  const code = error && error.code;
  if (code === 'ENOSPC' || code === 'EFBIG' || code === 'EDQUOT') return 'disk_limit';
  if (code === 'EAGAIN' && /^spawn/.test(error.syscall || '')) return 'process_limit';
  if (code === 'ERR_WORKER_INIT_FAILED') return 'process_limit';
  if (error instanceof RangeError && /Array buffer allocation|Invalid (string|typed array) length/.test(error.message)) {
    return 'memory';
  }
  return 'runtime_error';
}

function raised(error) {
  let text;
  let kind = 'runtime_error';
  try {
    text = shown(error);
    kind = kindOf(error);
    const { code } = (error && error.cause) || error || {};
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || /^(connect|bind|listen)$/.test(((error && error.cause) || error || {}).syscall || '')) {
      text += '\nNote: there is no network in the sandbox.';
    }
  } catch {
    text = 'Uncaught error';
  }
  try {
    writeSync(2, text + '\n');
  } catch {}
  failed(kind, text, 1);
}

function handOver(value, limit) {
  let text;
  try {
    text = stringify(value);
  } catch (error) {
    return failed('result', `the result is not JSON: ${shown(error)}`, 1);
  }
  if (text === undefined) {
    if (value === undefined) return report('N', '');
    return failed('result', `the result is not JSON: a ${typeof value}`, 1);
  }
  if (text.length > limit || from(text, 'utf8').length > limit) {
    return failed('result_limit', `the result is larger than ${limit} bytes; return less of it`, 1);
  }
  report('R', text);
}

const DIFFERENT = '<<RESULT>>';
const inContext = (code, name) => new vm.Script(code, { filename: name }).runInThisContext();

function variable(name) {
  return inContext(`typeof ${name} === 'undefined' ? undefined : ${name}`, 'looking.js');
}

function isToBeCalled(main, inputs, result) {
  if (inputs !== null) return true;
  if (typeof result === 'string' && result.startsWith(DIFFERENT)) return false;
  return main.length === 0;
}

function run() {
  on('uncaughtException', raised);
  on('unhandledRejection', raised);
  on('exit', (status) => {
    if (over) return;
    if (unsettled && !status) failed('no_result', 'what main returned was never settled', 1);
    else if (status) failed('exit', `the program ended itself with status ${status}`, status);
    else report('N', '');
  });
  globalThis.require = createRequire('/sandbox/work/main.js');
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;
  variable('main'); // The first script takes longest; until there is a job, nobody waits for it.
  const { code, inputs, result_bytes: limit } = job();
  try {
    inContext(code, FILE);
  } catch (error) {
    return raised(error);
  }
  const main = variable('main');
  if (typeof main === 'function' && isToBeCalled(main, inputs, variable('result'))) {
    unsettled = true;
    new Promise((done) => done(main(inputs === null ? {} : inputs))).then((value) => handOver(value, limit), raised);
    return;
  }
  on('beforeExit', () => handOver(variable('result'), limit));
}

run();
