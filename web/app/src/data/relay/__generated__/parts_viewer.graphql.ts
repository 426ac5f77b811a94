/**
 * @generated SignedSource<<636c4140bd51b0bae6fd6fbae69b56a7>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ReaderFragment } from 'relay-runtime';
import { FragmentRefs } from "relay-runtime";
export type parts_viewer$data = {
  readonly viewer: {
    readonly id: string;
    readonly phone: string | null | undefined;
    readonly username: string;
  } | null | undefined;
  readonly " $fragmentType": "parts_viewer";
};
export type parts_viewer$key = {
  readonly " $data"?: parts_viewer$data;
  readonly " $fragmentSpreads": FragmentRefs<"parts_viewer">;
};

const node: ReaderFragment = {
  "argumentDefinitions": [],
  "kind": "Fragment",
  "metadata": null,
  "name": "parts_viewer",
  "selections": [
    {
      "alias": null,
      "args": null,
      "concreteType": "User",
      "kind": "LinkedField",
      "name": "viewer",
      "plural": false,
      "selections": [
        {
          "alias": null,
          "args": null,
          "kind": "ScalarField",
          "name": "id",
          "storageKey": null
        },
        {
          "alias": null,
          "args": null,
          "kind": "ScalarField",
          "name": "username",
          "storageKey": null
        },
        {
          "alias": null,
          "args": null,
          "kind": "ScalarField",
          "name": "phone",
          "storageKey": null
        }
      ],
      "storageKey": null
    }
  ],
  "type": "Query",
  "abstractKey": null
};

(node as any).hash = "3e21230212c00805c9fdc58d450ba691";

export default node;
