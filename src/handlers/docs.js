// Starts the documentation page. Examples of optional parameters are taken out of what the page shows: it would fill all
// of them in, and a list that is filtered by every one of its examples finds nothing or is refused.
function withoutOptionalExamples(document) {
  const kept = (parameter) => parameter.required || !["query", "header"].includes(parameter.in);
  for (const item of Object.values(document.paths))
    for (const operation of Object.values(item))
      for (const parameter of operation.parameters ?? []) {
        if (kept(parameter)) continue;
        delete parameter.example;
        delete parameter.examples;
        for (const name of ["example", "examples", "default"]) delete parameter.schema?.[name];
      }
  return document;
}

window.onload = function () {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    "validatorUrl": "none",
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: "StandaloneLayout",
    responseInterceptor: (response) => {
      if (new URL(response.url).pathname === "/openapi.json")
        response.text = JSON.stringify(withoutOptionalExamples(JSON.parse(response.text)));
      return response;
    },
    onComplete: window.onDocumentationShown,
  });
};
