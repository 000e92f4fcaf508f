// The workbook as it is deployed.
import { read } from './files.mjs';

/** Its tiles: name, title, query and visualization. */
export function tiles(set = 'defaults') {
  const { predictedResources } = JSON.parse(read(`infra/test/${set}.snapshot.json`));
  const workbook = predictedResources.find((resource) => resource.type === 'Microsoft.Insights/workbooks');
  const { items } = JSON.parse(workbook.properties.serializedData);
  return items.filter((item) => item.type === 3).map(({ name, content }) => ({ name, ...content }));
}

/** The alerts that are deployed when they are asked for: name, query, and the page that their mail names. */
export function rules() {
  const { predictedResources } = JSON.parse(read('infra/test/everything.snapshot.json'));
  return predictedResources
    .filter((resource) => resource.type === 'Microsoft.Insights/scheduledQueryRules')
    .map(({ properties }) => ({
      query: properties.criteria.allOf[0].query,
      scope: properties.scopes[0],
      page: properties.description.match(/docs\/operations\/alerts\/[a-z-]+\.md/)[0],
    }));
}
