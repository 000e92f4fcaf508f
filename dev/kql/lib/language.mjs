// Microsoft's language service, which the portal uses, too. It is a set of scripts for browsers: bridge.js must come first.
import { createRequire } from 'node:module';
import { schema } from './files.mjs';

const require = createRequire(import.meta.url);
require('@kusto/language-service-next/bridge.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.js');

const { Kusto } = globalThis;
const { GlobalState, KustoCode, Symbols } = Kusto.Language;

function database(scope) {
  const tables = Object.entries(schema[scope]).map(([name, { columns }]) => {
    const list = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
    return Symbols.TableSymbol.From(`(${list.join(', ')})`).WithName(name);
  });
  return new Symbols.DatabaseSymbol.ctor('workspace', tables);
}

/** What is wrong with the query where the tables of this scope exist, and the columns of its result. */
export function analyzed(text, scope) {
  const code = KustoCode.ParseAndAnalyze(text, GlobalState.Default.WithDatabase(database(scope)));
  const faults = items(code.GetDiagnostics()).map((diagnostic) => diagnostic.Message);
  return { faults, columns: items(code.ResultType?.Columns).map((column) => column.Name) };
}

function items(list) {
  return list ? Array.from({ length: list.Count }, (_, index) => list.getItem(index)) : [];
}
